/** Returns the file with the description of the bed of a jest worker, next to that of the run's bed. */
export function bedFileOf(file: string, worker: string): string {
  return file.replace(/\.json$/, `-${worker}.json`);
}
