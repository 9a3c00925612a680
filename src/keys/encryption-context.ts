// The pairs that a ciphertext is bound to and that opening it must name again (KMS Developer Guide, "Encryption context").

export type EncryptionContext = Readonly<Record<string, string>>
