import './analysis.ts';
import './decision.ts';
import './document.ts';
import './events.ts';
import './feedback.ts';
import './health.ts';
import './model.ts';
import './node.ts';
import './report.ts';
import './section.ts';
import './session.ts';
import './throttle.ts';
import './upload.ts';
import { builder } from './builder.ts';

export const schema = builder.toSchema();
