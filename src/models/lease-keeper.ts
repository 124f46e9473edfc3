import type { Clock } from '../clock.ts';
import type { Admission, Lease } from '../throttle/admission-port.ts';

/**
 * Renews a lease at a third of its time to live until `stop` is called. `onLost` is called once when the admission says that the lease has
 * ended, as after a pause of the whole process: its place may have been given to another, so the call must not go on. A renewal that fails
 * says nothing of the kind and is repeated at the next turn.
 */
export function keepLease(
  admission: Admission,
  lease: Lease,
  options: { readonly clock: Clock; readonly leaseTtlMs: number; readonly onLost: () => void },
): { stop(): void } {
  const stopped = new AbortController();
  const run = async () => {
    for (;;) {
      await options.clock.sleep(options.leaseTtlMs / 3, stopped.signal);
      const isKept = await admission.renew(lease).catch(() => true);
      if (stopped.signal.aborted) return;
      if (!isKept) return options.onLost();
    }
  };
  run().catch(() => undefined);
  return { stop: () => stopped.abort() };
}
