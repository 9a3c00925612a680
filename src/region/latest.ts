// A stand-in for a part that is made anew while the Region runs: every use goes to the part as it is now.

/** Only for plain objects of functions and values; what was taken out of it stays what it was. */
export const latest = <Part extends object>(current: () => Part): Part =>
  new Proxy({} as Part, {
    get: (_, name) => Reflect.get(current(), name) as unknown,
    has: (_, name) => Reflect.has(current(), name),
  })
