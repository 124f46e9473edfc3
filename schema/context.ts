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
  /** Forgets what was read so far, for a mutation behind another one of the same request. */
  readonly renewLoaders: () => void;
};

export function createContext(services: Services, caller: Caller, resumeAfter: string | null = null): Context {
  const { made: loaders, forget: renewLoaders } = createLazily(() => createLoaders(services, caller));
  return { caller, services, resumeAfter, loaders, renewLoaders };
}

/**
 * Stands for what `create` makes, which is made when something of it is asked for, first and after it was forgotten. A subscription's context
 * lasts as long as it, one is made for every event, and few of them read anything. Not a getter: Yoga copies the fields of a context.
 */
function createLazily<T extends object>(create: () => T): { readonly made: T; readonly forget: () => void } {
  let current: T | undefined;
  const made = new Proxy({} as T, {
    get(_target, name) {
      current ??= create();
      return Reflect.get(current, name) as unknown;
    },
  });
  return {
    made,
    forget: () => {
      current = undefined;
    },
  };
}
