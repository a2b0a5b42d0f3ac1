package example;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import helmr.api.RunsApi;
import helmr.api.SessionsApi;
import helmr.api.StreamsApi;
import helmr.api.TokensApi;
import helmr.client.ApiClient;
import helmr.client.ApiException;
import helmr.model.AppendRecordRequest;
import helmr.model.SessionStartRequest;
import helmr.model.TokenCompleteRequest;
import helmr.model.TokenCreateRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * The driver with which `helmr-contract client` tests the client that openapi-generator makes of the document.
 * The driver declares no features beyond single requests (waiting, following, paging, retrying), so they are skipped.
 */
public final class Driver {
  private static final ObjectMapper JSON = ApiClient.createDefaultObjectMapper();

  /** Each API has connections of its own, so they are kept. */
  private record Client(SessionsApi sessions, StreamsApi streams, RunsApi runs, TokensApi tokens) {}

  private interface Call {
    Object make(Client client, JsonNode args) throws ApiException, JsonProcessingException;
  }

  private static final Map<String, Call> CALLS = Map.of(
      "sessions.start", Driver::start,
      "sessions.get", (client, args) -> args.has("external_id")
          ? client.sessions().getSessionByExternalId(args.get("external_id").textValue(), null)
          : client.sessions().getSession(id(args, "session_id"), null),
      "sessions.list", (client, args) -> client.sessions().listSessions(null, null, null, null, null),
      "inputs.send", Driver::send,
      "outputs.read", (client, args) -> client.streams().readOutputRecord(
          id(args, "session_id"), args.get("stream").textValue(), null, null, null).getRecord(),
      "runs.get", (client, args) -> client.runs().getRun(id(args, "run_id"), null),
      "tokens.create", (client, args) -> client.tokens().createToken(
          JSON.treeToValue(args, TokenCreateRequest.class), null),
      "tokens.complete", (client, args) -> client.tokens().completeToken(
          id(args, "token_id"), JSON.treeToValue(args, TokenCompleteRequest.class), null));

  private static Object start(Client client, JsonNode args) throws ApiException, JsonProcessingException {
    var request = JSON.treeToValue(args, SessionStartRequest.class);
    var started = client.sessions().startSession(request, null, null, null, null);
    var result = JSON.createObjectNode().put("is_cached", false);
    return result.setAll((ObjectNode) JSON.valueToTree(started));
  }

  private static Object send(Client client, JsonNode args) throws ApiException, JsonProcessingException {
    String stream = args.get("stream").textValue();
    var record = JSON.treeToValue(args, AppendRecordRequest.class);
    return args.has("external_id")
        ? client.streams().appendInputRecordByExternalId(
            args.get("external_id").textValue(), stream, record, null)
        : client.streams().appendInputRecord(id(args, "session_id"), stream, record, null);
  }

  private static UUID id(JsonNode args, String name) {
    return UUID.fromString(args.get(name).textValue());
  }

  private static Client connect(JsonNode settings) {
    ApiClient client = new ApiClient();
    client.updateBaseUri(settings.get("url").textValue());
    client.setReadTimeout(Duration.ofMillis((long) (1000 * settings.path("timeout_seconds").asDouble(30))));
    client.setRequestInterceptor(request -> {
      request.header("Helmr-API-Version", "2026-06-06").header("Helmr-SDK-Version", "openapi-generator");
      if (settings.has("api_key")) {
        request.header("Authorization", "Bearer " + settings.get("api_key").textValue());
      }
    });
    return new Client(
        new SessionsApi(client), new StreamsApi(client), new RunsApi(client), new TokensApi(client));
  }

  private static ObjectNode outcome(Client client, String call, JsonNode args) {
    ObjectNode response = JSON.createObjectNode();
    try {
      return response.set("result", JSON.valueToTree(CALLS.get(call).make(client, args)));
    } catch (JsonProcessingException | IllegalArgumentException refused) {
      return response.set("error", failure("unsupported", "the client has no type for these arguments"));
    } catch (ApiException problem) {
      return response.set("error", failure(problem));
    }
  }

  private static ObjectNode failure(ApiException problem) {
    if (problem.getCode() == 0) {
      Throwable cause = problem.getCause();
      return cause instanceof HttpTimeoutException ? failure("timeout", "the time allowed was over")
          : cause instanceof JsonProcessingException ? failure("invalid_response", "not as expected")
          : failure("connection", "no response came");
    }
    ObjectNode told = failure("status", "").put("status", problem.getCode());
    try {
      JsonNode body = JSON.readTree(problem.getResponseBody()); // the client does not parse it
      told.put("message", body.path("error").asText()).put("code", body.path("code").textValue());
    } catch (IOException | IllegalArgumentException notJson) {
      told.put("message", "no JSON"); // the body is not JSON if it comes from a proxy
    }
    return told;
  }

  private static ObjectNode failure(String kind, String message) {
    return JSON.createObjectNode().put("kind", kind).put("message", message);
  }

  public static void main(String[] arguments) throws IOException {
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Map<JsonNode, Client> clients = new HashMap<>();
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonNode asked = JSON.readTree(line);
      ObjectNode response;
      if (asked.has("hello")) {
        response = JSON.createObjectNode().put("protocol", 1).put("client", "openapi-generator (Java)");
        response.set("calls", JSON.valueToTree(CALLS.keySet()));
        response.set("known_failures", JSON.readTree(Driver.class.getResource("/known_failures.json")));
      } else {
        Client client = clients.computeIfAbsent(asked.get("client"), Driver::connect);
        response = outcome(client, asked.get("call").textValue(), asked.get("args")).set("id", asked.get("id"));
      }
      output.println(JSON.writeValueAsString(response));
    }
  }

  private Driver() {}
}
