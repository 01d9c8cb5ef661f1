/** Kubeconfig files, on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import {
  removeKubeconfig,
  uploadedClusters as listUploaded,
  uploadInput,
  uploadKubeconfigs,
} from '../../services/connectors/kubeconfigs'
import { showUploaded, showUploadedCluster, uploaded, uploadedClusters } from '../answers/kubernetes'
import { endpoint, SMALL } from '../connector-endpoint'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

export const connectorKubeconfig = new Hono<App>()
  .post(
    '/api/kubeconfig/upload',
    endpoint({
      summary: 'Connect the clusters of kubeconfig files that have a bearer token and a public server',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      answers: { 200: uploaded },
      errors: ['validation_failed', 'provider_not_configured'],
    }),
    body(uploadInput),
    async (c) =>
      c.json(showUploaded(await uploadKubeconfigs(c.var.ctx, connectorPorts(c), c.req.valid('json')))),
  )
  .get(
    '/api/kubeconfig/clusters',
    endpoint({
      summary: 'Clusters that were connected with a kubeconfig file',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: uploadedClusters },
    }),
    async (c) => c.json({ clusters: (await listUploaded(c.var.ctx)).map(showUploadedCluster) }),
  )
  .delete(
    '/api/kubeconfig/:cluster_id',
    endpoint({
      summary: 'Forget a cluster and its token',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ deleted: z.string() }) },
      errors: ['not_found'],
    }),
    async (c) => {
      const clusterId = c.req.param('cluster_id')
      await removeKubeconfig(c.var.ctx, connectorPorts(c), clusterId)
      return c.json({ deleted: clusterId })
    },
  )
