Console.Error.WriteLine("usage: benchmarks NAME; none is there yet");
return 2;
