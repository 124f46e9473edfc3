import type { Caller } from '../src/services/caller.ts';
import type { Services } from '../src/services/services.ts';
import { createLoaders, type Loaders } from './loaders.ts';

export type Context = {
  readonly caller: Caller;
  readonly services: Services;
  /** A cursor that the transport brought along (Last-Event-ID), for subscriptions without `after`. */
  readonly resumeAfter: string | null;
  /** Batches and caches reads. Made anew for each event of a subscription, so that none shows what was true at an earlier one. */
  readonly loaders: Loaders;
};

export const createContext = (services: Services, caller: Caller, resumeAfter: string | null = null): Context => ({
  caller,
  services,
  resumeAfter,
  loaders: createLoaders(services, caller),
});
