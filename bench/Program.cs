using BenchmarkDotNet.Running;

// dotnet run -c Release --project bench -- --filter '*'
BenchmarkSwitcher.FromAssembly(typeof(JobNode.Bench.ChainKernelBenchmark).Assembly).Run(args);
