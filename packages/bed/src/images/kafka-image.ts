import { chmodSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyInto, copyLibraries, nativeFiles } from './copy-programs.ts';
import { scriptDirectory, type ServerImage } from './server-image.ts';

const run = '/etc/kafka/docker/run';

/** Files that a broker does not read: a tenth of the image. */
const leftOut = ['ct.sym', 'src.zip', 'jmods', 'man', 'docs', 'include', 'legal'];

/** Kafka, like the image of its project: its user, its directories, and settings from the environment. */
export const kafkaImage: ServerImage = {
  reference: 'sallyport.test/kafka:1',
  needs: ['java', 'kafka'],
  account: 'appuser:1000:/home/appuser',
  owned: ['opt/kafka/config', 'opt/kafka/logs', 'var/lib/kafka/data', 'mnt/shared/config', 'home/appuser'],
  config: {
    Cmd: [run],
    // The optimizing compiler does not pay off for a broker that runs for minutes.
    Env: ['PATH=/opt/java/openjdk/bin:/bin', 'JAVA_HOME=/opt/java/openjdk', 'JAVA_FLAGS=-XX:TieredStopAtLevel=1'],
    User: 'appuser',
    WorkingDir: '/',
  },
  async layOut(root, programs) {
    const java = path.dirname(path.dirname(realpathSync(programs.java!)));
    copyInto(root, java, '/opt/java/openjdk', leftOut);
    copyInto(root, programs.kafka!, '/opt/kafka/libs');
    const native = ['lib/libjava.so', 'lib/libnio.so', 'lib/libnet.so', 'lib/libzip.so', 'lib/server/libjvm.so'];
    const bin = nativeFiles(path.join(java, 'bin'));
    await copyLibraries(root, [...bin, ...native.map((name) => path.join(java, name))]);
    mkdirSync(path.join(root, path.dirname(run)), { recursive: true });
    // The wrapper copies these and adds what the environment says.
    for (const name of ['log4j2.yaml', 'tools-log4j2.yaml', 'server.properties'])
      writeFileSync(path.join(root, path.dirname(run), name), name.endsWith('.yaml') ? 'Configuration:\n' : '');
    copyInto(root, fileURLToPath(new URL('kafka-run.sh', scriptDirectory)), run);
    chmodSync(path.join(root, run), 0o755);
  },
};
