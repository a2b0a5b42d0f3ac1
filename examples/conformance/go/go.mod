module example.com/helmr-client

go 1.23
