/** What a peer serves: the event of this project's server with the same fields, so that the same JSON goes over the wire. */
export const typeDefs = `
  type ThinkingDelta { cursor: String! at: String! attempt: Int! text: String! }
  type Query { isUp: Boolean! }
  type Subscription {
    documentEvents(documentId: ID!): ThinkingDelta!
    analysisEvents(analysisId: ID!): ThinkingDelta!
  }
`;

/** `follow(id, context)` answers the events of a document or an analysis, as the peer's own pub/sub yields them. */
export const subscriptionResolvers = (follow) => ({
  documentEvents: {
    subscribe: (_root, { documentId }, context) => follow(documentId, context),
    resolve: (event) => event,
  },
  analysisEvents: {
    subscribe: (_root, { analysisId }, context) => follow(analysisId, context),
    resolve: (event) => event,
  },
});
