const createSession = `# 1. A session holds the documents of one piece of work.
#    Run it, and copy the id into the next tabs.
mutation CreateSession {
  createSession(input: { title: "My first review" }) {
    session { id title createdAt }
  }
}
`;

const upload = `# 2. Files come by a multipart request. In a terminal, with your session's id and a file:
#
#   curl http://localhost:5000/graphql \\
#     -F operations='{"query":"mutation($file: File!) { uploadDocument(input: {sessionId: \\"ses_...\\", file: $file}) { document { id status } } }","variables":{"file":null}}' \\
#     -F map='{"0":["variables.file"]}' \\
#     -F 0=@contract.docx
#
# Then see what it came apart into:
query Document($id: ID!) {
  document(id: $id) {
    filename
    status
    error { code message }
    wordCount
    sections { id title level wordCount }
  }
}
`;

const analyze = `# 3. Queue every section. Open the next tab before you run this, to watch.
mutation Analyze($documentId: ID!) {
  analyzeDocument(input: { documentId: $documentId }) {
    analyses { id section { title } status }
  }
}
`;

const watch = `# 4. Thinking, findings and progress as they appear. Leave "after" out to replay from the start;
#    pass the last cursor you saw to go on behind it.
subscription Watch($documentId: ID!, $after: String) {
  documentEvents(documentId: $documentId, after: $after) {
    __typename
    ... on Event { cursor at attempt }
    ... on ThinkingDelta { analysisId text }
    ... on FeedbackFound { feedback { risk title confidence evidence { quote verified } } }
    ... on ProgressChanged { analysisId percent }
    ... on ModelSelected { model { name } region }
    ... on ModelFellBack { from { name } to { name } reason }
    ... on ThrottleWaiting { layer waitMs reason }
    ... on AnalysisCompleted { analysis { section { title } risk summary } }
    ... on AnalysisFailed { problem { code message } }
  }
}
`;

const read = `# 5. The findings, with the words that they rest on.
query Findings($documentId: ID!) {
  document(id: $documentId) {
    risk
    progress { total completed failed percent }
    feedback(first: 50, filter: { meetsThreshold: true }) {
      totalCount
      nodes {
        risk kind category title detail recommendation confidence
        evidence { quote startOffset endOffset page verified }
        section { title }
      }
    }
  }
}
`;

const chat = `# 6. Ask about the document. Run StartChat and copy the chat's id, then Ask and copy the reply's id;
#    Follow streams the model's thinking and its answer. The citations stand in the document, word for word.
mutation StartChat($documentId: ID!) {
  startChat(input: { documentId: $documentId }) {
    chat { id }
  }
}

mutation Ask($chatId: ID!, $text: String!) {
  sendChatMessage(input: { chatId: $chatId, text: $text }) {
    reply { id status }
  }
}

subscription Follow($messageId: ID!) {
  chatEvents(messageId: $messageId) {
    __typename
    ... on Event { cursor }
    ... on ThinkingDelta { text }
    ... on TextDelta { text }
    ... on ChatMessageCompleted { message { text citations { quote startOffset page verified } } }
    ... on ChatMessageFailed { problem { code message } }
  }
}
`;

const chatVariables = JSON.stringify(
  { documentId: 'doc_...', chatId: 'cht_...', text: 'Who is liable, and for what?', messageId: 'msg_...' },
  null,
  2,
);
const documentVariables = JSON.stringify({ documentId: 'doc_...' }, null, 2);

const report = `# 7. A report to take away: DOCX, PDF, HTML, JSON, CSV, or ANNOTATED for the uploaded file with comments in it.
#    Run GenerateReport, then ReportEvents with its id: downloadUrl is there when it is READY.
mutation GenerateReport($documentId: ID!) {
  generateReport(input: { documentId: $documentId, format: PDF }) {
    report { id status }
  }
}

subscription ReportEvents($reportId: ID!) {
  reportEvents(reportId: $reportId) { status sizeBytes downloadUrl error { code message } }
}
`;

/** What the playground opens with: a first session, from making it to taking a report away. */
export const playgroundTabs = [
  { query: createSession },
  { query: upload, variables: JSON.stringify({ id: 'doc_...' }, null, 2) },
  { query: analyze, variables: documentVariables },
  { query: watch, variables: documentVariables },
  { query: read, variables: documentVariables },
  { query: chat, variables: chatVariables },
  { query: report, variables: JSON.stringify({ documentId: 'doc_...', reportId: 'rep_...' }, null, 2) },
];
