/** Where the bed of one of jest's workers is described, beside the description of the run's bed. */
export function bedFileOf(file: string, worker: string): string {
  return file.replace(/\.json$/, `-${worker}.json`);
}
