import type { ReviewProgress as ReviewProgressData } from '../src/events/event-types.ts';
import { builder } from './builder.ts';

export const ReviewProgress = builder.objectRef<ReviewProgressData>('ReviewProgress').implement({
  description: "Counts over a document's sections, each by the state of its latest analysis.",
  fields: (t) => ({
    total: t.exposeInt('total', { description: 'All sections.' }),
    notStarted: t.exposeInt('notStarted', { description: 'Never analysed.' }),
    queued: t.exposeInt('queued', { description: 'Waiting for a worker.' }),
    running: t.exposeInt('running', { description: 'Being analysed.' }),
    completed: t.exposeInt('completed', { description: 'With a result.' }),
    failed: t.exposeInt('failed', { description: 'Without a result; can be retried.' }),
    cancelled: t.exposeInt('cancelled', { description: 'Ended by a caller.' }),
    percent: t.exposeFloat('percent', {
      description: '0 to 100, by work done, not only by sections finished; never goes back within one run.',
    }),
    estimatedSecondsRemaining: t.exposeFloat('estimatedSecondsRemaining', {
      nullable: true,
      description: "Estimated from the throttle's current capacity; null when unknown.",
    }),
  }),
});
