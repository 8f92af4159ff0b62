global using ActorTrain.Server;
