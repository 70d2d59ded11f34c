using JobNode;
using JobNode.Api;
using JobNode.Cli;

CliContext context = CliContext.OfProcess(ProgramVersion.Text, NodeHost.RunAsync);
return await CliRouter.RunAsync(args, context, CancellationToken.None);
