using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.Silo;

namespace SoonShop.Tests.Documents;

/// <summary>The event types and the retry policies of their handlers.</summary>
internal static class EventPage
{
    private static readonly Assembly[] Assemblies = [typeof(Money).Assembly, typeof(StateJson).Assembly, typeof(SiloOptions).Assembly];
    private static readonly EventTypes AllTypes = new(Assemblies);
    private static readonly EventHandlers AllHandlers = new(Assemblies, AllTypes);

    /// <summary>The event types with meaning, data and handlers, by the first part of their names.</summary>
    public static string Types()
    {
        var page = new StringBuilder();
        // What goes into the audit log takes no stream.
        var domains = AllTypes.All.Where(t => t.Value != typeof(AuditRecorded)).GroupBy(t => t.Key.Split('.')[0]);
        foreach (var domain in domains.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            page.Append($"### {domain.Key}\n\n| Type | Meaning | Data | Handlers |\n|---|---|---|---|\n");
            foreach (var (name, type) in domain.OrderBy(t => t.Key, StringComparer.Ordinal))
            {
                var handlers = AllHandlers.All.Where(h => h.Events.ContainsKey(name))
                    .Select(h => $"`{h.Name}`").Order(StringComparer.Ordinal);
                var webhook = WebhookEvents.All.Contains(name) ? " ⇗" : "";
                page.Append($"| `{name}`{webhook} | {XmlComments.Of(type)} ");
                page.Append($"| {string.Join(", ", Fields(type))} | {string.Join(", ", handlers)} |\n");
            }
            page.Append('\n');
        }
        return page.ToString().TrimEnd('\n');
    }

    /// <summary>The retry policies that stand on the handlers, and the default.</summary>
    public static string Retries()
    {
        var page = new StringBuilder("| Handler | At once | Delayed | First delay | Longest delay |\n|---|---|---|---|---|\n");
        page.Append(Row("any other handler", RetryPolicy.Default));
        foreach (var handler in AllHandlers.All.OrderBy(h => h.Name, StringComparer.Ordinal))
        {
            foreach (var rule in handler.RetryRules(AllTypes))
                page.Append(Row($"`{handler.Name}`", rule.Policy));
        }
        return page.ToString().TrimEnd('\n');
    }

    private static string Row(string handler, RetryPolicy policy)
    {
        var retries = policy.DelayedRetries;
        var delayed = retries == RetryPolicy.Endless ? "without end" : retries.ToString(CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {handler} | {policy.Immediate} | {delayed} | {policy.First.TotalSeconds} s | {policy.Max.TotalSeconds} s |\n");
    }

    private static IEnumerable<string> Fields(Type type) => type.GetProperties()
        .Where(p => p.SetMethod is not null && p.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always })
        .OrderBy(p => p.MetadataToken)
        .Select(p => $"`{JsonNamingPolicy.CamelCase.ConvertName(p.Name)}{(IsList(p.PropertyType) ? "[]" : "")}`");

    private static bool IsList(Type type) =>
        type != typeof(string) && type != typeof(JsonElement?) && type.IsAssignableTo(typeof(IEnumerable));
}
