/** The four services, as their credentials name them. */
export const serviceNames = ['authenticate', 'authorize', 'proxy', 'audit'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Which services each service may call. Every other call is refused. */
export const mayCall: Record<ServiceName, readonly ServiceName[]> = {
  proxy: ['authenticate', 'authorize', 'audit'],
  authenticate: [],
  authorize: [],
  audit: [],
};
