using System.Globalization;
using BenchmarkDotNet.Running;
using JobNode.Bench;
using JobNode.Bench.Kernels;
using JobNode.Bench.Peers;
using JobNode.Bench.Scheduling;
using JobNode.Bench.Systems;

// Micro-benchmarks:  dotnet run -c Release --project bench -- --filter '*'
// The whole binary:  dotnet run -c Release --project bench -- lanes [BINARY] [--rounds N] [--serve ARGUMENTS]
// Many jobs:         dotnet run -c Release --project bench -- pending [--jobs N] [--nodes N] [--wiped] [BINARY]
// Cost by size:      dotnet run -c Release --project bench -- curve [--up-to N] [--kind pending|completed|nodes]
//                        [--rounds N] [--json FILE] [BINARY]
// Against others:    dotnet run -c Release --project bench -- peers [--rounds N] [--quick] [--only A,B] [BINARY]
// Under fire:        dotnet run -c Release --project bench -- elastic [--minutes 4] [--seed N] [BINARY]
// A better kernel:   dotnet run -c Release --project bench -- order [SEED] [SECONDS]
// The policy, pure:  dotnet run -c Release --project bench -- schedule [--nodes N] [--loads A,B] [--json FILE]
// A leader dies:     dotnet run -c Release --project bench -- failover [--trials 50] [--calm MINUTES] [BINARY]
switch (args.FirstOrDefault())
{
    case "peers":
        return await PeerBench.RunAsync(args[1..]);
    case "hashdata":
        HashQuestion.RunHashData(double.Parse(args[1], CultureInfo.InvariantCulture));
        break;
    case "lanes":
        await LanesBusy.RunAsync(args[1..]);
        break;
    case "pending":
        await PendingJobs.RunAsync(args[1..]);
        break;
    case "curve":
        await CostCurve.RunAsync(args[1..]);
        break;
    case "elastic":
        return await ElasticRun.RunAsync(args[1..]);
    case "order":
        return KernelOrderSearch.Run(
            int.Parse(args.ElementAtOrDefault(1) ?? "1", CultureInfo.InvariantCulture),
            TimeSpan.FromSeconds(int.Parse(args.ElementAtOrDefault(2) ?? "120", CultureInfo.InvariantCulture)));
    case "schedule":
        ScheduleRun.Run(args[1..]);
        break;
    case "failover":
        return await Failover.RunAsync(args[1..]);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(ChainKernelBenchmark).Assembly).Run(args);
        break;
}

return 0;
