/** A request that the gateway or the cluster refused. Its message is what they said, which is not to be trusted. */
export class ClusterRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ClusterRefusal';
    this.status = status;
  }
}
