// What a request brings to the conditions and variables of policies.

/** Condition keys in lower case (they ignore case) and their values. */
export type ConditionContext = ReadonlyMap<string, readonly string[]>
