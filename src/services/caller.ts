/** Whoever asks: every row read or written is scoped to the tenant; the actor goes into records. */
export type Caller = {
  readonly tenantId: string;
  /** Shown in audit trails. */
  readonly actor: string;
};

/** The one tenant of an installation without keys. */
export const localCaller: Caller = { tenantId: 'local', actor: 'local' };
