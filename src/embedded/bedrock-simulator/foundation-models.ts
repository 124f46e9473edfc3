import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { simulatedModels } from './model-table.ts';

/** ListFoundationModels, for health checks: the models that are not past their end of life. Filters are not looked at. */
export function sendFoundationModels(response: ServerResponse, region: string, endOfLife: ReadonlySet<string>): void {
  const modelSummaries = simulatedModels
    .filter((model) => !endOfLife.has(model.key))
    .map((model) => ({
      modelArn: `arn:aws:bedrock:${region}::foundation-model/${model.baseId}`,
      modelId: model.baseId,
      modelName: model.name,
      providerName: 'Anthropic',
      inputModalities: ['TEXT'],
      outputModalities: ['TEXT'],
      responseStreamingSupported: true,
      customizationsSupported: [],
      inferenceTypesSupported: model.isOnDemand ? ['ON_DEMAND', 'INFERENCE_PROFILE'] : ['INFERENCE_PROFILE'],
      modelLifecycle: { status: 'ACTIVE' },
    }));
  response.writeHead(200, { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID() });
  response.end(JSON.stringify({ modelSummaries }));
}
