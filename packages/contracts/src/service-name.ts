/** The four services, by the names that their credentials carry. */
export const serviceNames = ['authenticate', 'authorize', 'proxy', 'audit'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Who may call whom; nothing else is accepted, wherever it comes from. */
export const mayCall: Record<ServiceName, readonly ServiceName[]> = {
  proxy: ['authenticate', 'authorize', 'audit'],
  authenticate: [],
  authorize: [],
  audit: [],
};
