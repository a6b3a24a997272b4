using System.Collections.Frozen;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SoonShop.Aggregates;

namespace SoonShop.Events;

/// <summary>Every event type of the shop by its CloudEvents name.</summary>
public sealed class EventTypes
{
    private readonly FrozenDictionary<string, Type> byName;

    /// <summary>The events of these assemblies.</summary>
    /// <exception cref="InvalidOperationException">Two types have one name, or a type has none.</exception>
    public EventTypes(IEnumerable<Assembly> assemblies)
    {
        var named = new Dictionary<string, Type>();
        foreach (var type in assemblies.SelectMany(a => a.GetTypes()).Where(t => t is { IsAbstract: false, IsGenericTypeDefinition: false } && t.IsAssignableTo(typeof(IShopEvent))))
        {
            var name = NameOf(type);
            if (string.IsNullOrEmpty(name) || !named.TryAdd(name, type))
                throw new InvalidOperationException($"The event type {type} is named '{name}', which is nothing or another's. Give it a name of its own.");
        }
        byName = named.ToFrozenDictionary();
    }

    /// <summary>The name of an event type.</summary>
    public static string NameOf<TEvent>() where TEvent : IShopEvent => NameOf(typeof(TEvent));

    /// <summary>A type's name follows from the type alone, so that an empty instance knows it.</summary>
    private static string NameOf(Type type) => ((IShopEvent)RuntimeHelpers.GetUninitializedObject(type)).Type;

    /// <summary>The assemblies in this process that may define events or handlers: those that know <see cref="IShopEvent"/>.</summary>
    public static IEnumerable<Assembly> Assemblies()
    {
        var contract = typeof(IShopEvent).Assembly;
        var name = contract.GetName().Name;
        return AppDomain.CurrentDomain.GetAssemblies()
            .Where(a => !a.IsDynamic && (a == contract || a.GetReferencedAssemblies().Any(r => r.Name == name)));
    }

    /// <summary>Names and types.</summary>
    public IEnumerable<KeyValuePair<string, Type>> All => byName;

    /// <summary>True when an event of this name can be read here.</summary>
    public bool Knows(string name) => byName.ContainsKey(name);

    /// <summary>Reads an event's data.</summary>
    /// <exception cref="UnreadableEventException">The type is not known here, or the data is none of it.</exception>
    public IShopEvent Read(CloudEvent e)
    {
        if (!byName.TryGetValue(e.Type, out var type))
            throw new UnreadableEventException($"No event type {e.Type} is known here. Deploy the version that knows it, then replay.");
        try
        {
            return JsonSerializer.Deserialize(e.Data, type, StateJson.Options) as IShopEvent
                ?? throw new UnreadableEventException($"The data of the {e.Type} is null.");
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            throw new UnreadableEventException($"The data is no {e.Type}: {failure.Message}", failure);
        }
    }
}

/// <summary>An event that no handler here can read. Trying again does not help; a newer version may.</summary>
public sealed class UnreadableEventException : Exception
{
    /// <summary>Without a reason.</summary>
    public UnreadableEventException() { }

    /// <summary>With what is wrong.</summary>
    public UnreadableEventException(string message) : base(message) { }

    /// <summary>With what is wrong and what found it.</summary>
    public UnreadableEventException(string message, Exception innerException) : base(message, innerException) { }
}
