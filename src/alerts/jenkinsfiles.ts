/** Pipeline steps that report a build, signed: with the HTTP Request plugin, and with nothing but a shell. */

/** Needs the HTTP Request plugin. */
export const jenkinsfileBasic = `post {
  always {
    script {
      withCredentials([string(credentialsId: 'aurora-signing-secret', variable: 'AURORA_SECRET')]) {
        def payload = groovy.json.JsonOutput.toJson([
          event_type: 'deployment', service: env.SERVICE ?: env.JOB_BASE_NAME, job_name: env.JOB_NAME,
          environment: env.ENVIRONMENT ?: 'production', result: currentBuild.currentResult,
          build_number: env.BUILD_NUMBER, build_url: env.BUILD_URL,
          git: [commit_sha: env.GIT_COMMIT, branch: env.GIT_BRANCH, repository: env.GIT_URL],
          deployer: env.BUILD_USER_ID, duration_ms: currentBuild.duration
        ])
        def seconds = String.valueOf(System.currentTimeMillis().intdiv(1000))
        writeFile file: 'aurora-signed.txt', encoding: 'UTF-8', text: seconds + '.' + payload
        def signature = sh(returnStdout: true,
          script: 'openssl dgst -sha256 -hmac "$AURORA_SECRET" < aurora-signed.txt | sed "s/^.* //"').trim()
        httpRequest httpMode: 'POST', url: '{webhookUrl}', contentType: 'APPLICATION_JSON_UTF8', requestBody: payload,
          customHeaders: [[name: 'X-Aurora-Timestamp', value: seconds], [name: 'X-Aurora-Signature', value: signature]]
      }
    }
  }
}`

/** Needs curl and openssl on the agent. */
export const jenkinsfileCurl = `post {
  always {
    withCredentials([string(credentialsId: 'aurora-signing-secret', variable: 'AURORA_SECRET')]) {
      withEnv(["BUILD_RESULT=\${currentBuild.currentResult}"]) {
        sh '''
          BODY=$(printf '{"event_type":"deployment","service":"%s","job_name":"%s","environment":"%s","result":"%s","build_number":%s,"build_url":"%s","git":{"commit_sha":"%s","branch":"%s","repository":"%s"}}' \\\\
            "\${SERVICE:-$JOB_BASE_NAME}" "$JOB_NAME" "\${ENVIRONMENT:-production}" "$BUILD_RESULT" "$BUILD_NUMBER" "$BUILD_URL" "$GIT_COMMIT" "$GIT_BRANCH" "$GIT_URL")
          SECONDS_NOW=$(date +%s)
          SIGNATURE=$(printf '%s.%s' "$SECONDS_NOW" "$BODY" | openssl dgst -sha256 -hmac "$AURORA_SECRET" | sed 's/^.* //')
          curl -sS --fail --retry 3 -X POST '{webhookUrl}' -H 'Content-Type: application/json' \\\\
            -H "X-Aurora-Timestamp: $SECONDS_NOW" -H "X-Aurora-Signature: $SIGNATURE" --data-binary "$BODY"
        '''
      }
    }
  }
}`
