global using ActorTrain.Server;
global using ActorTrain.Simulation.Tests.Cluster;
global using ActorTrain.Simulation.Tests.Oracle;
