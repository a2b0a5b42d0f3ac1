package example;

import com.fasterxml.jackson.databind.ObjectMapper;
import helmr.api.SessionsApi;
import helmr.api.StreamsApi;
import helmr.api.TokensApi;
import helmr.client.ApiClient;
import helmr.client.ApiException;
import helmr.model.AppendRecordRequest;
import helmr.model.ErrorEnvelope;
import helmr.model.SessionStartRequest;
import helmr.model.TokenCompleteRequest;
import java.util.Map;
import java.util.UUID;

/** Starts the task review-pull-request and handles its requests. */
public final class Review {
  private static final ObjectMapper JSON = ApiClient.createDefaultObjectMapper();

  public static void main(String[] arguments) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("HELMR_API_URL"));
    client.setRequestInterceptor(
        request -> request.header("Authorization", "Bearer " + System.getenv("HELMR_API_KEY")));
    var sessions = new SessionsApi(client);
    var streams = new StreamsApi(client);
    var tokens = new TokensApi(client);

    // The null arguments, here and below, are omitted headers and query parameters.
    var started = sessions.startSession(
        new SessionStartRequest()
            .taskId("review-pull-request")
            .payload(Map.of("owner", "OWNER", "repo", "REPO", "prNumber", 42)),
        null, null, null, null);
    UUID session = started.getSession().getId();
    System.out.println("started a session, its run is " + started.getRun().getStatus());

    var sent = streams.appendInputRecord(
        session, "approval", new AppendRecordRequest().data(Map.of("approved", true)), null);
    System.out.println("sent input record " + sent.getRecord().getSequence());

    var report = firstRecord(streams, session, "agent.report");
    System.out.println("read output: " + report.get("summary"));

    var email = firstRecord(streams, session, "agent.email");
    UUID token = UUID.fromString((String) email.get("tokenId"));
    var completed = tokens.completeToken(
        token,
        new TokenCompleteRequest().data(Map.of("approved", true, "actor", "email:reviewer@example.com")),
        null);
    System.out.println("token: " + completed.getStatus());

    try {
      tokens.completeToken(token, new TokenCompleteRequest().data(Map.of("approved", false)), null);
      throw new IllegalStateException("the second completion was accepted");
    } catch (ApiException error) {
      // A second, different decision is a conflict: 409 with a specific code.
      if (error.getCode() != 409 || !"token_completion_conflict".equals(codeOf(error))) {
        throw error;
      }
      System.out.println("conflict: the token was completed with other data");
    }
  }

  /** Polls until the stream has a record, because reads do not wait. */
  private static Map<?, ?> firstRecord(StreamsApi streams, UUID session, String stream)
      throws ApiException, InterruptedException {
    for (int tries = 0; tries < 300; tries++) {
      var record = streams.readOutputRecord(session, stream, null, null, null).getRecord();
      if (record != null) {
        return (Map<?, ?>) record.getData();
      }
      Thread.sleep(100);
    }
    throw new IllegalStateException("no record in " + stream + " after 30 s");
  }

  /** The generated client does not parse error bodies. */
  private static String codeOf(ApiException error) throws Exception {
    return JSON.readValue(error.getResponseBody(), ErrorEnvelope.class).getCode();
  }

  private Review() {}
}
