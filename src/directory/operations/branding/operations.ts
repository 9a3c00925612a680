// The operations on how a pool's pages look that are built.
import type { AnyOperation } from '../../operation.ts'
import { createManagedLoginBranding } from './create-managed-login-branding.ts'
import { deleteManagedLoginBranding } from './delete-managed-login-branding.ts'
import { describeManagedLoginBranding } from './describe-managed-login-branding.ts'
import { describeManagedLoginBrandingByClient } from './describe-managed-login-branding-by-client.ts'
import { getUiCustomization } from './get-ui-customization.ts'
import { setUiCustomization } from './set-ui-customization.ts'
import { updateManagedLoginBranding } from './update-managed-login-branding.ts'

export const brandingOperations: readonly AnyOperation[] = [
  setUiCustomization,
  getUiCustomization,
  createManagedLoginBranding,
  updateManagedLoginBranding,
  deleteManagedLoginBranding,
  describeManagedLoginBranding,
  describeManagedLoginBrandingByClient,
]
