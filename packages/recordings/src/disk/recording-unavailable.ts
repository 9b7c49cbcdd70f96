/** Says why nothing can be recorded now, in words for people. Its cause is for operators. */
export class RecordingUnavailable extends Error {
  override readonly name = 'RecordingUnavailable';
}

/** Returns an error of the disk in words for people. */
export function describeFailure(error: Error): RecordingUnavailable {
  if (error instanceof RecordingUnavailable) return error;
  const isFull = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
  return new RecordingUnavailable(isFull ? 'the disk for recordings is full' : 'the disk of the gateway failed', {
    cause: error,
  });
}
