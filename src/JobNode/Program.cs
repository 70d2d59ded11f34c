using JobNode;
using JobNode.Cli;

return await CliRouter.RunAsync(args, CliContext.OfProcess(NodeHost.RunAsync), CancellationToken.None);
