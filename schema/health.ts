import type { Health as HealthData, HealthCheck as HealthCheckData } from '../src/services/health.ts';
import { builder } from './builder.ts';

const HealthStatus = builder.enumType('HealthStatus', {
  description: 'How a part is doing.',
  values: {
    UP: { description: 'Well.' },
    DEGRADED: { description: 'Works, but not as it should.' },
    DOWN: { description: 'Does not work.' },
  },
});

const HealthCheck = builder.objectRef<HealthCheckData>('HealthCheck').implement({
  description: 'One part that the service needs.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'postgres, redis, storage, bedrock or workers.' }),
    status: t.expose('status', { type: HealthStatus, description: 'How it is doing.' }),
    latencyMs: t.exposeFloat('latencyMs', {
      nullable: true,
      description: 'How long its answer took; null without one.',
    }),
    detail: t.exposeString('detail', { nullable: true, description: 'What is worth knowing.' }),
  }),
});

const Health = builder.objectRef<HealthData>('Health').implement({
  description: 'How the service and its parts are doing.',
  fields: (t) => ({
    status: t.expose('status', { type: HealthStatus, description: 'Of the service as a whole.' }),
    version: t.exposeString('version', { description: 'Version of this server.' }),
    uptimeSeconds: t.exposeFloat('uptimeSeconds', { description: 'Since this server started.' }),
    checks: t.field({ type: [HealthCheck], description: 'Part by part.', resolve: ({ checks }) => [...checks] }),
  }),
});

builder.subscriptionField('healthUpdates', (t) =>
  t.field({
    type: Health,
    description: 'The first value at once, then whenever the state of a part changes.',
    subscribe: (_root, _args, { services }) => services.health.watch(),
    resolve: (health) => health,
  }),
);

builder.queryField('health', (t) =>
  t.field({
    type: Health,
    description: 'Looks at every part now; answers within two seconds whatever hangs.',
    resolve: (_root, _args, { services }) => services.health.check(),
  }),
);
