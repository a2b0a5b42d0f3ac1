// Starts the task review-pull-request and handles its requests, with the client of openapi-generator.
package example

import java.util.UUID
import org.openapitools.client.apis.SessionsApi
import org.openapitools.client.apis.StreamsApi
import org.openapitools.client.apis.TokensApi
import org.openapitools.client.infrastructure.ApiClient
import org.openapitools.client.infrastructure.ClientError
import org.openapitools.client.infrastructure.ClientException
import org.openapitools.client.models.AppendRecordRequest
import org.openapitools.client.models.SessionStartRequest
import org.openapitools.client.models.TokenCompleteRequest

fun main() {
    val address = System.getenv("HELMR_API_URL")
    ApiClient.accessToken = System.getenv("HELMR_API_KEY")
    val sessions = SessionsApi(address)
    val streams = StreamsApi(address)
    val tokens = TokensApi(address)

    val payload = mapOf("owner" to "OWNER", "repo" to "REPO", "prNumber" to 42)
    val started = sessions.startSession(SessionStartRequest(taskId = "review-pull-request", payload = payload))
    val session = started.session.id
    println("started a session, its run is ${started.run.status}")

    val sent = streams.appendInputRecord(session, "approval", AppendRecordRequest(mapOf("approved" to true)))
    println("sent input record ${sent.record.sequence}")

    println("read output: ${streams.firstRecord(session, "agent.report")["summary"]}")

    val token = UUID.fromString(streams.firstRecord(session, "agent.email")["tokenId"] as String)
    val decision = mapOf("approved" to true, "actor" to "email:reviewer@example.com")
    println("token: ${tokens.completeToken(token, TokenCompleteRequest(decision)).status}")

    try {
        tokens.completeToken(token, TokenCompleteRequest(mapOf("approved" to false)))
    } catch (error: ClientException) {
        val body = (error.response as ClientError<*>).body.toString()
        if (error.statusCode != 409 || "\"token_completion_conflict\"" !in body) throw error
        println("conflict: the token was completed with other data")
    }
}

/** Polls until the stream has a record, because reads do not wait. */
fun StreamsApi.firstRecord(session: UUID, stream: String): Map<*, *> {
    repeat(300) {
        readOutputRecord(session, stream).record?.let { return it.data as Map<*, *> }
        Thread.sleep(100)
    }
    error("no record in $stream after 30 s")
}
