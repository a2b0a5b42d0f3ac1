# Starts the task review-pull-request and handles its requests, with the client of openapi-generator.
require "openapi_client"
require "uri"

def first_record(streams, session, stream)
  300.times do
    read = streams.read_output_record(session, stream)
    return read.record.data if read.record
    sleep 0.1
  end
  raise "no record in #{stream} after 30 s"
end

address = URI(ENV.fetch("HELMR_API_URL"))
OpenapiClient.configure do |configuration|
  configuration.scheme = address.scheme
  configuration.host = "#{address.host}:#{address.port}"
  configuration.server_index = nil # the server above, not one from the document
  configuration.access_token = ENV.fetch("HELMR_API_KEY")
end
sessions = OpenapiClient::SessionsApi.new
streams = OpenapiClient::StreamsApi.new
tokens = OpenapiClient::TokensApi.new

payload = { owner: "OWNER", repo: "REPO", prNumber: 42 }
request = OpenapiClient::SessionStartRequest.new(task_id: "review-pull-request", payload: payload)
started = sessions.start_session(request)
session = started.session.id
puts "started a session, its run is #{started.run.status}"

approval = OpenapiClient::AppendRecordRequest.new(data: { approved: true })
sent = streams.append_input_record(session, "approval", approval)
puts "sent input record #{sent.record.sequence}"

puts "read output: #{first_record(streams, session, 'agent.report')[:summary]}"

token = first_record(streams, session, "agent.email")[:tokenId]
decision = { approved: true, actor: "email:reviewer@example.com" }
completed = tokens.complete_token(token, OpenapiClient::TokenCompleteRequest.new(data: decision))
puts "token: #{completed.status}"

begin
  tokens.complete_token(token, OpenapiClient::TokenCompleteRequest.new(data: { approved: false }))
rescue OpenapiClient::ApiError => error
  raise unless error.code == 409 && error.response_body.include?('"token_completion_conflict"')

  puts "conflict: the token was completed with other data"
end
