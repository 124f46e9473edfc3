import { describe, expect, it } from 'vitest';
import { graphql } from 'graphql';
import { createContext } from '../../schema/context.ts';
import { schema } from '../../schema/schema.ts';
import { localCaller } from '../../src/services/caller.ts';
import { seedDocument } from '../support/seed-review.ts';
import { useTestDb } from '../support/services.ts';
import { createTestServices } from '../support/test-services.ts';

const mutations = `mutation($ids: [ID!]!, $id: ID!) {
  accepted: decideFeedback(input: { ids: $ids, status: ACCEPTED }) { feedback { ...decided } }
  rejected: decideFeedback(input: { ids: $ids, status: REJECTED }) { feedback { ...decided } }
  renamed: updateFeedback(input: { id: $id, title: "renamed" }) { feedback { title section { feedback { title } } } }
}
fragment decided on Feedback {
  history { status }
  section { feedback { status title } document { risk feedback(filter: { status: [ACCEPTED] }) { totalCount } } }
}`;

describe('mutations of one request', () => {
  const db = useTestDb({ poolSize: 2 });

  it('each show what is true behind it, not what one before has read', async () => {
    const services = createTestServices(db);
    const { sectionIds } = await seedDocument(db, 1);
    const finding = { kind: 'GAP', category: 'c', risk: 'LOW', title: 'own', detail: 'd' } as const;
    const { id } = await services.decisions.add(localCaller, { sectionId: sectionIds[0] ?? '', ...finding });
    const { data, errors } = await graphql({
      schema,
      source: mutations,
      variableValues: { ids: [id], id },
      contextValue: createContext(services, localCaller),
    });
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      accepted: {
        feedback: [
          {
            history: [{ status: 'ACCEPTED' }],
            section: {
              feedback: [{ status: 'ACCEPTED', title: 'own' }],
              document: { risk: 'LOW', feedback: { totalCount: 1 } },
            },
          },
        ],
      },
      rejected: {
        feedback: [
          {
            history: [{ status: 'ACCEPTED' }, { status: 'REJECTED' }],
            section: {
              feedback: [{ status: 'REJECTED', title: 'own' }],
              document: { risk: null, feedback: { totalCount: 0 } },
            },
          },
        ],
      },
      renamed: { feedback: { title: 'renamed', section: { feedback: [{ title: 'renamed' }] } } },
    });
  });
});
