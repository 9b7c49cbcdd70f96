import { rmSync } from 'node:fs';
import { buildServerImage } from '@sallyport/bed';
import { buildImage } from '../harness/build-image.ts';
import { theBed } from '../harness/index.ts';

/**
 * Builds the images of an evaluation and puts them on the node: the services with the identity provider, and Redis,
 * Kafka and PostgreSQL from the programs of this machine. Returns the values of the chart that name the latter.
 */
export async function loadEvaluationImages(directory: string): Promise<Record<string, string>> {
  const { cluster, programs } = theBed();
  const { archive } = await buildImage(directory, { stage: 'development' });
  await cluster!.loadImage(archive);
  const references: Record<string, string> = {};
  for (const server of ['redis', 'kafka', 'postgres'] as const) {
    const image = await buildServerImage(server, { programs, directory });
    await cluster!.loadImage(image.archive);
    rmSync(image.archive);
    references[server] = image.reference;
  }
  return references;
}
