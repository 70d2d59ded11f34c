using JobNode;
using JobNode.Api;
using JobNode.Cli;

return await CliRouter.RunAsync(args, CliContext.OfProcess(ProgramVersion.Text, NodeHost.RunAsync), CancellationToken.None);
