/** What is applied to a cluster: an agent that may read what investigations ask for, and nothing else. */

const NAME = 'aurora-agent'
const IMAGE = 'node:24-alpine'

/** @param apiBase where this API is reached from outside @param script the agent's program */
export const agentManifest = (
  apiBase: string,
  script: string,
): string => `# Aurora's agent for Kubernetes: it dials out, and reads. Secrets and config maps are not among what it may read.
#
#   kubectl create namespace ${NAME}
#   kubectl -n ${NAME} create secret generic ${NAME} --from-literal=token=<the token of the cluster>
#   kubectl apply -f <this file>
apiVersion: v1
kind: Namespace
metadata:
  name: ${NAME}
  labels:
    pod-security.kubernetes.io/enforce: restricted
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${NAME}
  namespace: ${NAME}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: ${NAME}
rules:
  - apiGroups: [""]
    resources: [pods, events, services, persistentvolumeclaims, namespaces, nodes]
    verbs: [get, list]
  - apiGroups: [""]
    resources: [pods/log]
    verbs: [get]
  - apiGroups: [apps]
    resources: [deployments, replicasets, statefulsets, daemonsets]
    verbs: [get, list]
  - apiGroups: [batch]
    resources: [jobs, cronjobs]
    verbs: [get, list]
  - apiGroups: [networking.k8s.io]
    resources: [ingresses]
    verbs: [get, list]
  - apiGroups: [autoscaling]
    resources: [horizontalpodautoscalers]
    verbs: [get, list]
  - apiGroups: [metrics.k8s.io]
    resources: [pods, nodes]
    verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: ${NAME}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: ${NAME}
subjects:
  - kind: ServiceAccount
    name: ${NAME}
    namespace: ${NAME}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${NAME}
  namespace: ${NAME}
data:
  agent.mjs: |
${indented(script)}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${NAME}
  namespace: ${NAME}
spec:
  # One agent a cluster: a second one with the same token takes the first one's place.
  replicas: 1
  strategy:
    type: Recreate
  selector:
    matchLabels:
      app.kubernetes.io/name: ${NAME}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${NAME}
    spec:
      serviceAccountName: ${NAME}
      terminationGracePeriodSeconds: 5
      automountServiceAccountToken: true
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: agent
          image: ${IMAGE}
          command: [node, /agent/agent.mjs]
          env:
            - name: AURORA_URL
              value: ${JSON.stringify(socketOf(apiBase))}
            - name: AURORA_AGENT_TOKEN
              valueFrom:
                secretKeyRef:
                  name: ${NAME}
                  key: token
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          resources:
            requests:
              cpu: 10m
              memory: 64Mi
            limits:
              memory: 256Mi
          volumeMounts:
            - name: agent
              mountPath: /agent
              readOnly: true
      volumes:
        - name: agent
          configMap:
            name: ${NAME}
`

const socketOf = (apiBase: string): string => `${apiBase.replace(/^http/, 'ws')}/kubectl-agent`

const indented = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n')
