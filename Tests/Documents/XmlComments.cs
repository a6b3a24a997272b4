using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace SoonShop.Tests.Documents;

/// <summary>The XML documentation comments of the shop's assemblies, as Markdown.</summary>
internal static partial class XmlComments
{
    private static readonly Dictionary<string, XElement> Members = Directory.EnumerateFiles(AppContext.BaseDirectory, "SoonShop.*.xml")
        .SelectMany(file => XDocument.Load(file).Descendants("member"))
        .GroupBy(member => member.Attribute("name")!.Value)
        .ToDictionary(same => same.Key, same => same.First());

    /// <summary>The summary and the remarks of a type; empty when it has none.</summary>
    public static string Of(Type type) => Text($"T:{NameOf(type)}");

    /// <summary>The summary and the remarks of a property or field; those of the interface where the comment is inherited.</summary>
    public static string Of(MemberInfo member)
    {
        var name = $"{(member is FieldInfo ? 'F' : 'P')}:{NameOf(member.DeclaringType!)}.{member.Name}";
        if (Members.GetValueOrDefault(name)?.Element("inheritdoc") is { } inherited && inherited.Attribute("cref") is null)
        {
            name = member.DeclaringType!.GetInterfaces()
                .Select(i => $"P:{NameOf(i)}.{member.Name}")
                .First(Members.ContainsKey);
        }
        return Text(name);
    }

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private static string Text(string name)
    {
        if (!Members.TryGetValue(name, out var member))
            return "";
        if (member.Element("inheritdoc")?.Attribute("cref")?.Value is { } other)
            return $"{Text(other)} {Part(member, "remarks")}".Trim();
        return $"{Part(member, "summary")} {Part(member, "remarks")}".Trim();
    }

    private static string Part(XElement member, string part) => member.Element(part) is { } element ? Markdown(element) : "";

    private static string Markdown(XElement element)
    {
        var text = new StringBuilder();
        foreach (var node in element.Nodes())
        {
            text.Append(node switch
            {
                XText plain => plain.Value,
                XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
                // A parameter of an event is a member of its data.
                XElement { Name.LocalName: "paramref" } parameter =>
                    $"`{JsonNamingPolicy.CamelCase.ConvertName(parameter.Attribute("name")!.Value)}`",
                XElement { Name.LocalName: "see" } see =>
                    $"`{(see.Attribute("cref") ?? see.Attribute("langword"))!.Value.Split('.', ':')[^1]}`",
                _ => "",
            });
        }
        return Blanks.Replace(text.ToString(), " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks { get; }
}
