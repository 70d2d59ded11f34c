Console.WriteLine("jobnode");
