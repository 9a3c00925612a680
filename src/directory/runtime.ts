// What operations get from the Region they run in: data, time, randomness, names, and ports to the parts outside the directory.
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Vault } from '../vault/vault.ts'
import type { CompromisedPasswords } from './compromised-passwords-port.ts'
import type { Endpoints } from './endpoints.ts'
import type { UserPoolLogs } from './log-delivery-port.ts'
import type { Messages } from './messages-port.ts'
import type { Passwords, SrpSteps } from './passwords-port.ts'
import type { ReplicaControl } from './replica-port.ts'
import type { Triggers } from './triggers-port.ts'

export type Runtime = {
  readonly region: string
  readonly account: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly vault: Vault
  readonly endpoints: Endpoints
  readonly passwords: Passwords & SrpSteps
  readonly messages: Messages
  readonly triggers: Triggers
  readonly replicaControl: ReplicaControl
  /** Absent: this Region has no endpoint to deliver logs to. */
  readonly logs?: UserPoolLogs
  /** Absent: the operator gave no list. */
  readonly compromisedPasswords?: CompromisedPasswords
}
