import { Option, type Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { lazily, listFormats, momentHelp, withExample, withGateway, withGatewayNames } from './command-kit.ts';

/** Adds the filters that list and search have in common. A recording must match all given filters. */
const withFilters = (command: Command): Command =>
  command
    .option('--user <name>', 'who was recorded; * stands for any characters')
    .option('--cluster <name>', 'cluster')
    .option('--namespace <name>', 'namespace; * stands for any characters')
    .option('--pod <name>', 'pod; * stands for any characters')
    .option('--since <time>', `earliest time: ${momentHelp}`)
    .option('--until <time>', 'latest time')
    .option('--limit <count>', 'maximum number of recordings, the newest first', '100');

/** Adds what opens recordings. */
const withIdentity = (command: Command): Command =>
  command.option(
    '--identity <file>',
    'the file with your private key of age, which stays on this machine (default: SALLYPORT_RECORDINGS_IDENTITY)',
  );

/** `sallyport recordings`. */
export function addRecordings(program: Command, environment: Environment): void {
  const recordings = program
    .command('recordings')
    .description(
      'list, play, export and search the recordings of shells. They are opened on this machine, with your key',
    );
  const list = withFilters(recordings.command('list').description('list the recordings that you may see')).action(
    lazily(
      environment,
      async () => (await import('../recordings/list-recordings.ts')).listRecordings,
      () => '/.sallyport/recordings',
    ),
  );
  withExample(
    withGateway(list, listFormats).option('--web', 'open the page of it in the browser instead'),
    'sallyport recordings list --since 24h',
    'sallyport recordings list --user bob@example.com --namespace prod -o wide',
  );
  const show = recordings
    .command('show')
    .description('show who was recorded where, the files of the recording, and its gaps')
    .argument('<recording>', 'id of a recording, or its first characters')
    .action(lazily(environment, async () => (await import('../recordings/show-recording.ts')).showRecording));
  withExample(withGateway(show), 'sallyport recordings show 5f0c6a1e', 'sallyport recordings show 5f0c6a1e -o json');
  addPlay(recordings, environment);
  addExport(recordings, environment);
  addSearch(recordings, environment);
  withExample(recordings, 'sallyport recordings list', 'sallyport recordings play 5f0c6a1e --identity key.txt');
}

/** `sallyport recordings play`. */
function addPlay(recordings: Command, environment: Environment): void {
  const play = recordings
    .command('play')
    .description(
      'play a recording in the terminal: space pauses, the left and right arrows seek, q quits. If standard output is no terminal, its text is printed at once',
    )
    .argument('<recording>', 'id of a recording, or its first characters')
    .option('--speed <factor>', 'how fast, such as 2 or 0.5', '1')
    .option('--idle-limit <time>', 'the longest pause that is played in full, such as 2s')
    .action(lazily(environment, async () => (await import('../recordings/play-recording.ts')).playRecording));
  withExample(
    withGatewayNames(withIdentity(play)),
    'sallyport recordings play 5f0c6a1e --identity key.txt',
    'sallyport recordings play 5f0c6a1e --identity key.txt --speed 4 --idle-limit 1s',
  );
}

/** `sallyport recordings export`. */
function addExport(recordings: Command, environment: Environment): void {
  const command = recordings
    .command('export')
    .description('write a recording in clear to a file or to standard output')
    .argument('<recording>', 'id of a recording, or its first characters')
    .addOption(
      new Option(
        '-o, --output <format>',
        'asciicast is for asciinema (version 2), text has no control codes, raw is every byte of one stream',
      )
        .choices(['asciicast', 'text', 'raw'])
        .default('asciicast'),
    )
    .addOption(
      new Option('--stream <name>', 'with -o raw: which stream')
        .choices(['stdout', 'stderr', 'stdin'])
        .default('stdout'),
    )
    .option('--out <file>', 'the file to write, which only you may read; it is replaced once the export is complete')
    .action(lazily(environment, async () => (await import('../recordings/export-recording.ts')).exportRecording));
  withExample(
    withGatewayNames(withIdentity(command)),
    'sallyport recordings export 5f0c6a1e --identity key.txt --out shell.cast',
    'sallyport recordings export 5f0c6a1e --identity key.txt -o raw --stream stderr --out stderr.bin',
  );
}

/** `sallyport recordings search`. */
function addSearch(recordings: Command, environment: Environment): void {
  const search = withFilters(
    recordings
      .command('search')
      .description(
        'search what was on the screen of recordings, as it was sent and without its control codes. Recordings are opened on this machine, the newest first',
      )
      .argument('<text>', 'the text; small and capital letters are the same'),
  )
    .option('--max-bytes <size>', 'how much to fetch at most', '256MiB')
    .action(lazily(environment, async () => (await import('../recordings/search-recordings.ts')).searchRecordings));
  withExample(
    withGateway(withIdentity(search), ['wide', 'name', 'csv']),
    'sallyport recordings search "DROP TABLE" --identity key.txt --since 7d',
    'sallyport recordings search passwd --identity key.txt --namespace prod --max-bytes 1GiB',
  );
}
