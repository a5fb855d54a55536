import { join } from 'node:path';
import { REPOSITORY } from '../rig/repository.js';
import { System } from '../rig/system.js';
import { OtlpReceiver } from './otlp-receiver.js';
import { printTree, spanTree } from './span-tree.js';
import { tracedEnvironment, traceOneImage } from './trace-one-image.js';

/**
 * `npm run trace`: starts a system and a collector on this machine, brings one picture from its upload to the webhook,
 * and prints what was traced.
 */
const receiver = await OtlpReceiver.start();
try {
  const system = await System.start({
    model: { directory: join(REPOSITORY, 'demo/model'), name: 'demo' },
    env: tracedEnvironment(receiver),
  });
  try {
    // The first picture warms up a worker that has just loaded its model.
    await traceOneImage(system, receiver);
    const { traceId, jobId } = await traceOneImage(system, receiver);
    const nodes = spanTree(receiver.spans, traceId);
    console.log(`trace ${traceId}, ${jobId}: one picture from its upload to the webhook\n`);
    console.log(printTree(nodes));
  } finally {
    await system.stop();
  }
} finally {
  receiver.close();
}
