import type { ResourceSchema } from './attribute.ts';

/** Groups. Their members are people; a group in a group is refused. */
export const groupSchema: ResourceSchema = {
  name: 'Group', endpoint: 'Groups', description: 'A group', urn: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  attributes: [
    { name: 'displayName', type: 'string', description: 'The name of the group, as policies know it.', required: true },
    {
      name: 'members', type: 'complex', multiValued: true, description: 'The people in the group.', sub: [
        { name: 'value', type: 'string', description: 'The person\'s id.', caseExact: true },
        { name: 'type', type: 'string', description: 'User' }, { name: 'display', type: 'string', description: 'Taken and not kept.' },
      ],
    },
  ],
  notKept: [],
};
