using System.Collections.Frozen;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SoonShop.Aggregates;

namespace SoonShop.Events;

/// <summary>All event types of the shop by their CloudEvents names.</summary>
public sealed class EventTypes
{
    private readonly FrozenDictionary<string, Type> byName;

    /// <summary>Finds the event types in these assemblies.</summary>
    /// <exception cref="InvalidOperationException">Two types have the same name, or a type has none.</exception>
    public EventTypes(IEnumerable<Assembly> assemblies)
    {
        var named = new Dictionary<string, Type>();
        foreach (var type in assemblies.SelectMany(a => a.GetTypes()).Where(t =>
            t is { IsAbstract: false, IsGenericTypeDefinition: false } && t.IsAssignableTo(typeof(IShopEvent))))
        {
            var name = NameOf(type);
            if (string.IsNullOrEmpty(name) || !named.TryAdd(name, type))
                throw new InvalidOperationException(
                    $"The event type {type} has the name '{name}', which is empty or another type's. Give it a name of its own.");
        }
        byName = named.ToFrozenDictionary();
    }

    /// <summary>Returns the name of an event type.</summary>
    public static string NameOf<TEvent>() where TEvent : IShopEvent => NameOf(typeof(TEvent));

    /// <summary>A type's name depends only on the type, so an uninitialized instance can return it.</summary>
    private static string NameOf(Type type) => ((IShopEvent)RuntimeHelpers.GetUninitializedObject(type)).Type;

    /// <summary>
    /// Returns the loaded assemblies that may define events or handlers: those that reference <see cref="IShopEvent"/>'s assembly.
    /// </summary>
    public static IEnumerable<Assembly> Assemblies()
    {
        var contract = typeof(IShopEvent).Assembly;
        var name = contract.GetName().Name;
        return AppDomain.CurrentDomain.GetAssemblies()
            .Where(a => !a.IsDynamic && (a == contract || a.GetReferencedAssemblies().Any(r => r.Name == name)));
    }

    /// <summary>The names and types.</summary>
    public IEnumerable<KeyValuePair<string, Type>> All => byName;

    /// <summary>True when this version knows the event type.</summary>
    public bool Knows(string name) => byName.ContainsKey(name);

    /// <summary>Deserializes an event's data.</summary>
    /// <exception cref="UnreadableEventException">This version does not know the type, or the data does not fit it.</exception>
    public IShopEvent Read(CloudEvent e)
    {
        if (!byName.TryGetValue(e.Type, out var type))
            throw new UnreadableEventException(
                $"This version does not know the event type {e.Type}. Deploy a version that knows it, then replay.");
        try
        {
            return JsonSerializer.Deserialize(e.Data, type, StateJson.Options) as IShopEvent
                ?? throw new UnreadableEventException($"The data of the event {e.Type} is null.");
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            throw new UnreadableEventException($"The data is not a valid {e.Type}: {failure.Message}", failure);
        }
    }
}

/// <summary>An event that this version cannot deserialize. A retry does not help, but a newer version may.</summary>
public sealed class UnreadableEventException : Exception
{
    /// <summary>Creates the exception without a reason.</summary>
    public UnreadableEventException() { }

    /// <summary>Creates the exception with a reason.</summary>
    public UnreadableEventException(string message) : base(message) { }

    /// <summary>Creates the exception with a reason and its cause.</summary>
    public UnreadableEventException(string message, Exception innerException) : base(message, innerException) { }
}
