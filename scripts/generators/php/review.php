<?php
// Starts the task review-pull-request and handles its requests, with the client of openapi-generator.
//
// The folder of the client is the first argument. Its HTTP library, Guzzle, is loaded from Debian's
// package php-guzzlehttp-guzzle; with Composer, `vendor/autoload.php` loads both.
declare(strict_types=1);

use OpenAPI\Client\Api\SessionsApi;
use OpenAPI\Client\Api\StreamsApi;
use OpenAPI\Client\Api\TokensApi;
use OpenAPI\Client\ApiException;
use OpenAPI\Client\Configuration;
use OpenAPI\Client\Model\AppendRecordRequest;
use OpenAPI\Client\Model\SessionStartRequest;
use OpenAPI\Client\Model\TokenCompleteRequest;

require 'GuzzleHttp/autoload.php';
spl_autoload_register(function (string $class) use ($argv): void {
    $path = str_replace(['OpenAPI\\Client\\', '\\'], ["{$argv[1]}/lib/", '/'], $class) . '.php';
    if (is_file($path)) {
        require $path;
    }
});

$configuration = (new Configuration())
    ->setHost(getenv('HELMR_API_URL'))
    ->setAccessToken(getenv('HELMR_API_KEY'));
$sessions = new SessionsApi(config: $configuration);
$streams = new StreamsApi(config: $configuration);
$tokens = new TokensApi(config: $configuration);

/** Polls until the stream has a record, because reads do not wait. */
function first_record(StreamsApi $streams, string $session, string $stream): object
{
    for ($tries = 0; $tries < 300; $tries++) {
        $record = $streams->readOutputRecord($session, $stream)->getRecord();
        if ($record !== null) {
            return $record->getData();
        }
        usleep(100_000);
    }
    throw new RuntimeException("no record in $stream after 30 s");
}

$payload = ['owner' => 'OWNER', 'repo' => 'REPO', 'prNumber' => 42];
$request = new SessionStartRequest(['task_id' => 'review-pull-request', 'payload' => $payload]);
$started = $sessions->startSession($request);
$session = $started->getSession()->getId();
echo "started a session, its run is {$started->getRun()->getStatus()}\n";

$approval = new AppendRecordRequest(['data' => ['approved' => true]]);
$sent = $streams->appendInputRecord($session, 'approval', $approval);
echo "sent input record {$sent->getRecord()->getSequence()}\n";

echo 'read output: ', first_record($streams, $session, 'agent.report')->summary, "\n";

$token = first_record($streams, $session, 'agent.email')->tokenId;
$decision = ['approved' => true, 'actor' => 'email:reviewer@example.com'];
$completed = $tokens->completeToken($token, new TokenCompleteRequest(['data' => $decision]));
echo "token: {$completed->getStatus()}\n";

try {
    $tokens->completeToken($token, new TokenCompleteRequest(['data' => ['approved' => false]]));
} catch (ApiException $error) {
    if ($error->getCode() !== 409 || $error->getResponseObject()->getCode() !== 'token_completion_conflict') {
        throw $error;
    }
    echo "conflict: the token was completed with other data\n";
}
