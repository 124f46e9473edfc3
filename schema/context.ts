import type { Caller } from '../src/services/caller.ts';
import type { Services } from '../src/services/services.ts';
import { createLoaders, type Loaders } from './loaders.ts';

export type Context = {
  readonly caller: Caller;
  readonly services: Services;
  /** Batches and caches reads. Made anew for each event of a subscription, so that none shows what was true at an earlier one. */
  loaders: Loaders;
};

export const createContext = (services: Services, caller: Caller): Context => ({
  caller,
  services,
  loaders: createLoaders(services, caller),
});
