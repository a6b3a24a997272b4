using System.Globalization;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>Processor time of processes, from <c>/proc</c>, in seconds.</summary>
internal static class ProcessorTime
{
    /// <summary>Of <c>/proc/PID/stat</c>; the same on every Linux.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Places of the fields behind the name of the program.</summary>
    private const int Parent = 1, User = 11, System = 12, ChildrenUser = 13, ChildrenSystem = 14;

    /// <summary>Of one process.</summary>
    public static double Of(int id) => Seconds(Fields(id), User, System);

    /// <summary>Of a process and those that it has started, also those that have ended, without one of them.</summary>
    public static double OfTree(int id, int without)
    {
        var total = Seconds(Fields(id), User, System, ChildrenUser, ChildrenSystem);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var child)
                && child != without && Fields(child) is { Length: > 0 } fields && fields[Parent] == $"{id}")
                total += Seconds(fields, User, System);
        }
        return total;
    }

    /// <summary>The process that has started this one.</summary>
    public static int ParentOf(int id) => int.Parse(Fields(id)[Parent], CultureInfo.InvariantCulture);

    private static double Seconds(string[] fields, params int[] places) =>
        fields.Length == 0 ? 0 : places.Sum(place => double.Parse(fields[place], CultureInfo.InvariantCulture)) / TicksPerSecond;

    /// <summary>Empty for one that has ended.</summary>
    private static string[] Fields(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
