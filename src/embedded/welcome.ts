import { awsCredentialVariables, type Models } from './surroundings.ts';

const models: Record<Models, readonly string[]> = {
  simulated: [
    'Models are simulated: the findings come from rules over the text, and say so. No AWS account is needed.',
    'For Claude on AWS Bedrock set AWS credentials (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)',
    'and BEDROCK_REGION, then start again.',
  ],
  bedrock: [
    'Models: Claude on AWS Bedrock, for AWS credentials are set. Each analysis costs money there.',
    `Models are simulated when none of these is set: ${awsCredentialVariables.slice(0, 3).join(', ')}, ...`,
  ],
  endpoint: ['Models: those of BEDROCK_ENDPOINT.'],
};

/** The last thing that a start prints: where everything is, and a request to paste. */
export function welcome(of: { url: string; readyMs: number; logDir: string; models: Models }): string {
  const query = 'mutation { createSession(input: { title: "My first review" }) { session { id title } } }';
  const body = JSON.stringify({ query });
  return [
    '',
    `Ready in ${(of.readyMs / 1000).toFixed(1)} s.`,
    '',
    `  Playground  ${of.url}/graphql`,
    `  Watch       ${of.url}/watch  a review as it goes on`,
    `  Health      ${of.url}/health`,
    `  Logs        ${of.logDir}`,
    '',
    ...models[of.models].map((line) => `  ${line}`),
    '',
    '  A first request:',
    '',
    `  curl -s ${of.url}/graphql -H 'content-type: application/json' \\`,
    `    -d '${body}'`,
    '',
    '  Ctrl-C stops everything.',
    '',
  ].join('\n');
}
