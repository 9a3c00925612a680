// What a Region keeps in memory beside its data (counts, caches, runners): made at first use, one for each vault, and gone with it.

/** `make` runs once for each vault, with the runtime of whoever asks first. */
export const perRegion = <Runtime extends { readonly vault: object }, Made>(
  make: (runtime: Runtime) => Made,
): ((runtime: Runtime) => Made) => {
  const byVault = new WeakMap<object, { readonly made: Made }>()
  return (runtime) => {
    const known = byVault.get(runtime.vault)
    if (known !== undefined) return known.made
    const made = make(runtime)
    byVault.set(runtime.vault, { made })
    return made
  }
}
