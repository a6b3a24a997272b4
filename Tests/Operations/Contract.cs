using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Orleans.PostgreSql;
using SoonShop.Silo;

namespace SoonShop.Tests.Operations;

/// <summary>
/// What silos of two versions have in common, a line each: messages by alias and id, grains' methods by alias, states and events by
/// their JSON. Silos of the next version and of this one read each other's as long as lines are only added.
/// </summary>
internal static class Contract
{
    private static readonly Assembly[] Assemblies =
    [
        typeof(Money).Assembly, typeof(StateJson).Assembly, typeof(SiloOptions).Assembly, typeof(PostgresSchema).Assembly,
    ];

    static Contract() => StateJson.Options.MakeReadOnly(populateMissingResolver: true);

    private static IEnumerable<Type> Types =>
        Assemblies.SelectMany(a => a.GetTypes()).Where(t => t.Namespace?.StartsWith("SoonShop", StringComparison.Ordinal) == true);

    /// <summary>All lines, sorted.</summary>
    public static SortedSet<string> Lines()
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in Types)
        {
            if (type.GetCustomAttribute<GenerateSerializerAttribute>() is not null)
                lines.UnionWith(MembersOf(type).Select(m => $"message {AliasOf(type)}{m}"));
            if (type.IsInterface && type.IsAssignableTo(typeof(IAddressable)) && type.GetCustomAttribute<AliasAttribute>() is not null)
                lines.UnionWith(MethodsOf(type).Select(m => $"grain {AliasOf(type)} {m}"));
            if (type.IsEnum && type.GetCustomAttribute<AliasAttribute>() is not null)
                lines.UnionWith(Enum.GetNames(type).Select(n => $"enum {AliasOf(type)} {n} = "
                    + $"{Convert.ToInt64(Enum.Parse(type, n), System.Globalization.CultureInfo.InvariantCulture)}"));
            foreach (var (name, state) in StatesOf(type))
                lines.UnionWith(JsonOf($"state {name}", typeof(StateEnvelope<>).MakeGenericType(state)));
        }
        var events = new EventTypes(Assemblies);
        foreach (var (name, type) in events.All)
            lines.UnionWith(JsonOf($"event {name}", type));
        foreach (var handler in new EventHandlers(Assemblies, events).All)
        {
            foreach (var heard in handler.Grain.GetCustomAttributes<ImplicitStreamSubscriptionAttribute>(inherit: true))
                lines.Add($"handler {handler.Name} hears {heard.Predicate.PredicatePattern}");
            lines.UnionWith(handler.Events.Keys.Select(e => $"handler {handler.Name} handles {e}"));
        }
        return lines;
    }

    /// <summary>Types that cross silos under a name that the compiler chose.</summary>
    public static IEnumerable<Type> WithoutAlias() =>
        Types.Where(t => t.GetCustomAttribute<GenerateSerializerAttribute>() is not null && t.GetCustomAttribute<AliasAttribute>() is null);

    private static string AliasOf(Type type) => type.GetCustomAttribute<AliasAttribute>()?.Alias ?? type.FullName!;

    /// <summary>By position in the primary constructor, and by id.</summary>
    private static IEnumerable<string> MembersOf(Type type)
    {
        yield return "";
        var primary = type.GetConstructors().Where(c => c.GetParameters() is { Length: > 0 } p && p[0].ParameterType != type).MaxBy(c =>
            c.GetParameters().Length);
        foreach (var parameter in primary?.GetParameters() ?? [])
            yield return $" ({parameter.Position}) {parameter.Name}: {NameOf(parameter.ParameterType)}";
        foreach (var member in type.GetMembers(
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
        {
            if (member.GetCustomAttribute<IdAttribute>() is { } id
                && (member as PropertyInfo)?.PropertyType is var property
                && (property ?? (member as FieldInfo)?.FieldType) is { } of)
                yield return $" [{id.Id}] {member.Name}: {NameOf(of)}";
        }
    }

    private static IEnumerable<string> MethodsOf(Type grain)
    {
        foreach (var method in grain.GetMethods())
        {
            var name = method.GetCustomAttribute<AliasAttribute>()?.Alias ?? method.Name;
            yield return $"{name}({string.Join(", ", method.GetParameters().Select(p => NameOf(p.ParameterType)))}): "
                + $"{NameOf(method.ReturnType)}";
        }
    }

    private static IEnumerable<(string Name, Type State)> StatesOf(Type grain) =>
        from parameter in grain.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).SelectMany(c =>
            c.GetParameters())
        let name = parameter.GetCustomAttributes().OfType<IPersistentStateConfiguration>().FirstOrDefault()?.StateName
            ?? parameter.GetCustomAttribute<LazyStateAttribute>()?.Name
        where name is not null && parameter.ParameterType.IsGenericType
        let document = parameter.ParameterType.GetGenericArguments()[0]
        where document.IsGenericType && document.GetGenericTypeDefinition() == typeof(StateEnvelope<>)
        select (name, document.GetGenericArguments()[0]);

    /// <summary>
    /// Every path of what is written, with its type; one that must be there when it is read ends with an exclamation mark.
    /// </summary>
    private static IEnumerable<string> JsonOf(string path, Type type, params ImmutableArray<Type> within)
    {
        var value = Nullable.GetUnderlyingType(type) ?? type;
        if (value.IsEnum)
            return Enum.GetNames(value).Select(n => $"{path} = {JsonNamingPolicy.CamelCase.ConvertName(n)}");
        var info = StateJson.Options.GetTypeInfo(value);
        return info.Kind switch
        {
            JsonTypeInfoKind.Enumerable => JsonOf($"{path}[]", info.ElementType!, within),
            JsonTypeInfoKind.Dictionary => JsonOf($"{path}{{}}", info.ElementType!, within),
            JsonTypeInfoKind.Object
                when !within.Contains(value) => info.Properties.Where(p => p.Set is not null || p.AssociatedParameter is not null)
                    .SelectMany(p => JsonOf($"{path}.{p.Name}", p.PropertyType, within.Add(value)).Prepend(
                        $"{path}.{p.Name}: {NameOf(p.PropertyType)}{(p.IsRequired ? "!" : "")}")),
            _ => [],
        };
    }

    private static string NameOf(Type type) => Nullable.GetUnderlyingType(type) is { } value ? $"{NameOf(value)}?"
        : type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}"
            + $"<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.IsArray ? $"{NameOf(type.GetElementType()!)}[]"
        : type.Name;
}
