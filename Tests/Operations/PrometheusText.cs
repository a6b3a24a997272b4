using System.Globalization;

namespace SoonShop.Tests.Operations;

/// <summary>What a process answers to Prometheus, read as Prometheus reads it.</summary>
internal sealed class PrometheusText
{
    private PrometheusText(string text, Dictionary<string, string> types, List<Sample> samples) =>
        (Text, Types, Samples) = (text, types, samples);

    /// <summary>As it came.</summary>
    public string Text { get; }

    /// <summary>Families, with their types.</summary>
    public IReadOnlyDictionary<string, string> Types { get; }

    /// <summary>All values.</summary>
    public IReadOnlyList<Sample> Samples { get; }

    /// <summary>Asks a process.</summary>
    public static async Task<PrometheusText> ScrapeAsync(Uri server)
    {
        using var http = new HttpClient { BaseAddress = server, Timeout = TimeSpan.FromSeconds(30) };
        using var response = await http.GetAsync("/metrics");
        Assert.True(response.IsSuccessStatusCode, $"{server}metrics answers {(int)response.StatusCode}");
        Assert.StartsWith("text/plain", response.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        return Parse(await response.Content.ReadAsStringAsync());
    }

    /// <summary>The values of a metric whose labels are these, added up.</summary>
    public double Sum(string name, params (string Name, string Value)[] labels) => Of(name, labels).Sum(s => s.Value);

    /// <summary>The values of a metric whose labels are these.</summary>
    public IEnumerable<Sample> Of(string name, params (string Name, string Value)[] labels) =>
        Samples.Where(s => s.Name == name && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value));

    private static PrometheusText Parse(string text)
    {
        var types = new Dictionary<string, string>();
        var samples = new List<Sample>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                types.Add(line.Split(' ')[2], line.Split(' ')[3]);
            else if (!line.StartsWith('#'))
                samples.Add(Read(line));
        }
        return new PrometheusText(text, types, samples);
    }

    private static Sample Read(string line)
    {
        var labels = new Dictionary<string, string>();
        var open = line.IndexOf('{', StringComparison.Ordinal);
        var at = open < 0 ? line.IndexOf(' ', StringComparison.Ordinal) : open + 1;
        var name = line[..(open < 0 ? at : open)];
        while (open >= 0 && line[at] != '}')
        {
            var equals = line.IndexOf("=\"", at, StringComparison.Ordinal);
            var end = equals + 2;
            while (line[end] != '"')
                end += line[end] == '\\' ? 2 : 1;
            labels.Add(line[at..equals].Trim(','), line[(equals + 2)..end]);
            at = end + 1;
        }
        var value = line[(at + 1)..].Trim().Split(' ')[0];
        return new Sample(
            name, labels, value switch
            {
                "+Inf" => double.PositiveInfinity,
                "-Inf" => double.NegativeInfinity,
                _ => double.Parse(value, CultureInfo.InvariantCulture),
            });
    }

    internal sealed record Sample(string Name, Dictionary<string, string> Labels, double Value);
}
