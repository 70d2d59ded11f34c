using JobNode.Consensus;
using JobNode.Simulation;

if (SimulationOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(SimulationOptions.Usage);
    return 2;
}

GatedPool.Close();
bool isClean = false;
CoreThread.Run(() => isClean = new SimulationRun(options).Run());
return isClean ? 0 : 1;
